//! Wall screens: administrators pair and revoke them, and [`screen`] is what such a screen may ask.

pub mod change;
pub mod list;
pub mod organizations;
pub mod pair;
pub mod revoke;
pub mod screen;

use super::problem::{ApiError, capitalized};
use crate::store::walls::WallError;
use watchfloor_shared::problem::ErrorCode;

impl From<WallError> for ApiError {
    fn from(error: WallError) -> Self {
        let code = match error {
            WallError::Store(error) => return error.into(),
            WallError::Identity(error) => return error.into(),
            WallError::UnknownCode => ErrorCode::NotFound,
            WallError::TooMany => ErrorCode::Conflict,
            WallError::NotTheirs => ErrorCode::Forbidden,
            WallError::InvalidScenes | WallError::InvalidDimming => ErrorCode::InvalidRequest,
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}
