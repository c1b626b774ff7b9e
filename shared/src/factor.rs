//! Second factors: codes by time, and recovery codes.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/me/factor`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorState {
    /// Since when the person's sign-ins are asked for codes; absent when they are not.
    pub since: Option<Timestamp>,
    pub recovery_codes_left: u32,
}

/// `POST /api/v1/me/factor`: begins.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactorBegin {
    pub password: String,
}

/// What an authenticator app is shown; nobody sees it a second time.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FactorOffer {
    /// Base32, to be typed.
    pub secret: String,
    /// `otpauth://totp/…`
    pub uri: String,
    /// The address as a QR code, SVG.
    pub picture: String,
}

/// `PUT /api/v1/me/factor`: the app's first code.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactorCode {
    pub code: String,
}

/// Each works once, in place of a code. Shown this one time.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
}

/// `POST /api/v1/me/factor/removal`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactorRemoval {
    pub password: String,
    /// The app's, or a recovery code.
    pub code: String,
}
