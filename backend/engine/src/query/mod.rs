//! The hunt language: text → AST. Back ends translate the AST; nothing else understands the text.

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query;
