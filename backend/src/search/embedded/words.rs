//! Tokenizers: a whole value as one token, and the words of a text. Both lower the case as the query language does.

use crate::search::words::{WORD_BYTES_MAX, is_word};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

pub const WHOLE: &str = "whole";
pub const WORDS: &str = "words";

/// The whole value, lower case.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    token: Token,
}

pub struct WholeStream<'a> {
    token: &'a mut Token,
    left: bool,
}

impl Tokenizer for Whole {
    type TokenStream<'a> = WholeStream<'a>;
    fn token_stream<'a>(&'a mut self, text: &'a str) -> WholeStream<'a> {
        self.token.reset();
        self.token.position = 0;
        self.token.offset_to = text.len();
        lower_into(text, &mut self.token.text);
        WholeStream {
            token: &mut self.token,
            left: true,
        }
    }
}

impl TokenStream for WholeStream<'_> {
    fn advance(&mut self) -> bool {
        std::mem::take(&mut self.left)
    }
    fn token(&self) -> &Token {
        self.token
    }
    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Runs of letters, digits and `_`, lower case.
#[derive(Debug, Clone, Default)]
pub struct Words {
    token: Token,
}

pub struct WordStream<'a> {
    text: &'a str,
    at: usize,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;
    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream {
            text,
            at: 0,
            token: &mut self.token,
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let Some((start, end)) = next_word(self.text, self.at) else {
                return false;
            };
            self.at = end;
            self.token.position = self.token.position.wrapping_add(1);
            if end - start <= WORD_BYTES_MAX {
                self.token.offset_from = start;
                self.token.offset_to = end;
                lower_into(&self.text[start..end], &mut self.token.text);
                return true;
            }
        }
    }
    fn token(&self) -> &Token {
        self.token
    }
    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

fn next_word(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = skip(text, from, |is_word| !is_word)?;
    Some((start, skip(text, start, |is_word| is_word).unwrap_or(text.len())))
}

/// The first place at or after `from` where a character is not to be skipped. Most text is ASCII: bytes decide there.
fn skip(text: &str, from: usize, skipped: impl Fn(bool) -> bool) -> Option<usize> {
    let mut at = from;
    while let Some(byte) = text.as_bytes().get(at) {
        if byte.is_ascii() {
            if !skipped(byte.is_ascii_alphanumeric() || *byte == b'_') {
                return Some(at);
            }
            at += 1;
        } else {
            let c = text[at..].chars().next()?;
            if !skipped(is_word(c)) {
                return Some(at);
            }
            at += c.len_utf8();
        }
    }
    None
}

fn lower_into(text: &str, out: &mut String) {
    out.clear();
    if text.is_ascii() {
        out.push_str(text);
        out.make_ascii_lowercase();
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}
