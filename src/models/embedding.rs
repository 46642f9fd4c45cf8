//! Vectors of texts, in no provider's words.

/// Texts to be turned into vectors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// What vectors are wanted of, in order.
    pub inputs: Vec<Input>,
    /// How long each vector is to be.
    pub dimensions: Option<u64>,
    /// Whether the client wants its vectors packed (base64).
    pub packed: bool,
    /// What the vectors are for.
    pub purpose: Option<Purpose>,
    /// The paths of what this form has no place for.
    pub unsaid: Vec<String>,
}

/// Something a vector is wanted of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A text.
    Text(String),
    /// Tokens of the model's own tokeniser, as they were written: `[9906,11]`.
    Tokens(String),
}

/// What vectors are for: some models make others for a question than for what answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To search with.
    Query,
    /// To be found.
    Document,
    /// To be sorted into classes.
    Classification,
    /// To be grouped.
    Clustering,
    /// To be compared.
    Similarity,
    /// A question to be answered.
    Question,
    /// A claim to be checked.
    Claim,
    /// A question for code.
    CodeQuery,
    /// Code to be found.
    Code,
}

/// The vectors of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// One for each input, in order.
    pub vectors: Vec<Vector>,
    /// The input tokens, where stated.
    pub tokens: Option<u64>,
}

/// A vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vector {
    /// Its numbers as they were written: `[0.5,-1e-3]`.
    Numbers(String),
    /// Its numbers as little-endian single floats, in base64.
    Packed(String),
}
