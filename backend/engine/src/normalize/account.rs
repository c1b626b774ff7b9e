//! Account names: `DOMAIN\name`, `name@domain`, or a bare name.

/// Domain, if any, and name.
pub(super) fn split(account: &str) -> (Option<&str>, &str) {
    match account.split_once('\\') {
        Some((domain, name)) if !domain.is_empty() => (Some(domain), name),
        Some((_, name)) => (None, name),
        None => (None, account),
    }
}
