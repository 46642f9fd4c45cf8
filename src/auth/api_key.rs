//! The spelling of API keys.
