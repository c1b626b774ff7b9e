//! What a word is: a run of letters, digits and `_`.

use watchfloor_engine::query::{Pattern, Piece};

/// Longer words (base64 and the like) are found by field only.
pub const WORD_BYTES_MAX: usize = 255;

pub fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Cuts a pattern where words end; wildcards belong to the word they touch.
pub fn split_words(pattern: &Pattern) -> Vec<Pattern> {
    let mut words = Vec::new();
    let mut word: Vec<Piece> = Vec::new();
    for piece in pattern.pieces() {
        let Piece::Text(text) = piece else {
            word.push(piece.clone());
            continue;
        };
        for (i, part) in text.split(|c| !is_word(c)).enumerate() {
            if i > 0 && !word.is_empty() {
                words.push(Pattern::new(std::mem::take(&mut word)));
            }
            if !part.is_empty() {
                word.push(Piece::Text(part.to_owned()));
            }
        }
    }
    if !word.is_empty() {
        words.push(Pattern::new(word));
    }
    words
}
