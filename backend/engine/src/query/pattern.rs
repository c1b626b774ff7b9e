//! Values with wildcards.

/// Lower case, character by character: the form in which back ends keep and compare values. Unlike [`str::to_lowercase`] it
/// gives a piece of a text the same form as that piece has in the whole.
pub fn lowercase(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.chars().flat_map(char::to_lowercase).collect()
    }
}

/// A value, in pieces: neighbouring texts and neighbouring `*` are one. No pieces at all is the empty text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// `*`: any number of characters, also none.
    Many,
    /// `?`: exactly one character.
    One,
}

impl Pattern {
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let mut pattern = Self::default();
        for piece in pieces {
            pattern.push(piece);
        }
        pattern
    }

    /// Exactly this text.
    pub fn literal(text: &str) -> Self {
        Self::new([Piece::Text(text.to_owned())])
    }

    pub(super) fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
            (Some(Piece::Many), Piece::Many) => {}
            (_, piece) => self.pieces.push(piece),
        }
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text, where there is no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// A lone `*`.
    pub fn is_anything(&self) -> bool {
        self.pieces == [Piece::Many]
    }

    /// The same in lower case, which is what values are compared in.
    pub fn to_lowercase(&self) -> Pattern {
        let lower = |piece: &Piece| match piece {
            Piece::Text(text) => Piece::Text(lowercase(text)),
            other => other.clone(),
        };
        Pattern::new(self.pieces.iter().map(lower))
    }

    /// Whether the whole of `value` matches. Case counts: lower both for the language's meaning.
    /// Time at most pieces × length of `value`.
    pub fn matches(&self, value: &str) -> bool {
        let mut at = 0;
        let mut piece = 0;
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let step = match self.pieces.get(piece) {
                None if at == value.len() => return true,
                None => None,
                Some(Piece::Many) => {
                    if piece + 1 == self.pieces.len() {
                        return true;
                    }
                    retry = Some((piece + 1, at));
                    Some(at)
                }
                Some(Piece::One) => value[at..].chars().next().map(|c| at + c.len_utf8()),
                Some(Piece::Text(text)) => value[at..].starts_with(text.as_str()).then(|| at + text.len()),
            };
            match (step, retry) {
                (Some(next), _) => {
                    at = next;
                    piece += 1;
                }
                (None, Some((after, from))) => match self.resume(value, after, from) {
                    Some(next) => {
                        retry = Some((after, next));
                        at = next;
                        piece = after;
                    }
                    None => return false,
                },
                (None, None) => return false,
            }
        }
    }

    /// The next place behind `from` where the piece after a `*` may begin.
    fn resume(&self, value: &str, after: usize, from: usize) -> Option<usize> {
        let next = from + value[from..].chars().next()?.len_utf8();
        match self.pieces.get(after) {
            Some(Piece::Text(text)) => value[next..].find(text.as_str()).map(|found| next + found),
            _ => Some(next),
        }
    }
}
