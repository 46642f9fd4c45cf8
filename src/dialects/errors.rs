//! Errors in every envelope that providers use, and ours in each dialect's.

/// What a provider's error says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderError {
    /// What happened, for a person; empty when the provider did not say.
    pub message: String,
    /// Its type.
    pub kind: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// The field that is wrong.
    pub param: Option<String>,
}

/// Reads an error answer, whatever it is; never fails.
pub fn read(body: &[u8]) -> ProviderError {
    ProviderError {
        message: String::from_utf8_lossy(body).into_owned(),
        ..ProviderError::default()
    }
}
