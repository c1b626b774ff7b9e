//! Why a call brought nothing.

use super::wire::Malformed;
use watchfloor_shared::problem::{ErrorCode, Problem};

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// No connection, or no answer in time.
    Offline,
    /// The server says what is wrong.
    Problem(Problem),
    /// An answer that this console does not understand: another version of the server, or a proxy's page.
    Malformed(String),
}

impl From<Malformed> for Fault {
    fn from(why: Malformed) -> Self {
        Fault::Malformed(why.to_string())
    }
}

impl Fault {
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Fault::Problem(problem) => Some(problem.code),
            Fault::Offline | Fault::Malformed(_) => None,
        }
    }
    /// One sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Fault::Offline => "No answer from the server.".to_owned(),
            Fault::Problem(problem) if problem.detail.is_empty() => format!("{}.", problem.title),
            Fault::Problem(problem) => format!("{}: {}", problem.title, problem.detail),
            Fault::Malformed(why) => format!("The server's answer was not understood: {why}"),
        }
    }
}
