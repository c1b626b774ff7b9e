//! Numbers as people read them.

/// `3,908`
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 alert`, `3,908 alerts`
pub fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `4,812`, and `0.4` below ten.
pub fn rate(per_second: f64) -> String {
    if per_second < 10.0 && per_second > 0.0 {
        format!("{per_second:.1}")
    } else {
        count(rounded(per_second))
    }
}

/// `182 ms`, `0.4 s`, `38 s`, `4 min 12 s`
pub fn duration_ms(ms: f64) -> String {
    match ms {
        ms if ms < 0.0 => "0 ms".to_owned(),
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms if ms < 10_000.0 => format!("{:.1} s", ms / 1_000.0),
        ms => long_seconds(rounded(ms / 1_000.0)),
    }
}

/// `18 s`, `4 min 12 s`, `2 h 04 min`, `3 days`
pub fn long_seconds(seconds: i64) -> String {
    match seconds {
        s if s < 60 => format!("{} s", s.max(0)),
        s if s < 600 => format!("{} min {:02} s", s / 60, s % 60),
        s if s < 3_600 => format!("{} min", s / 60),
        s if s < 86_400 => format!("{} h {:02} min", s / 3_600, s % 3_600 / 60),
        s if s < 2 * 86_400 => "1 day".to_owned(),
        s => format!("{} days", count(s / 86_400)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "shown numbers are far below 2^53")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}
