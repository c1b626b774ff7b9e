//! Sigma rules on the stream.
