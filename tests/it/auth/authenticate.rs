//! authenticate.
