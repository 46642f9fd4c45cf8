//! What goes wrong at the database, by what the caller can do about it.

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is away, starting, full, locked or too slow: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Something of this name exists already.
    #[error("{what} is taken")]
    Conflict {
        /// The column or constraint that clashed, such as `email`.
        what: String,
    },
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// A fault of ours, of the schema or of the data.
    #[error("the database refused: {0}")]
    Other(#[source] sqlx::Error),
}

impl Error {
    /// Whether trying again later makes sense.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Data that we did not write or can no longer read.
    pub(crate) fn corrupt(what: String) -> Self {
        Self::Other(sqlx::Error::Decode(what.into()))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            sqlx::Error::Database(refused) => {
                if refused.is_unique_violation() {
                    let what = refused
                        .constraint()
                        .unwrap_or_else(|| refused.message())
                        .to_owned();
                    Self::Conflict { what }
                } else if passes(refused.as_ref()) {
                    Self::Unavailable(error)
                } else {
                    Self::Other(error)
                }
            }
            _ => Self::Other(error),
        }
    }
}

/// Whether a refusal is one of those that pass: the same statement may succeed later. What is
/// wrong with the database as a whole counts as such, so that no record is taken for a bad one.
fn passes(refused: &dyn sqlx::error::DatabaseError) -> bool {
    let Some(code) = refused.code() else {
        return false;
    };
    if refused
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
        .is_some()
    {
        // Connection lost, sign-in refused, rolled back by a conflict or deadlock, out of
        // resources, not in a state to serve, shutting down or timed out, disk trouble, corrupt.
        const CLASSES: [&str; 8] = ["08", "28", "40", "53", "55", "57", "58", "XX"];
        // A standby that only reads; the database is gone.
        const CODES: [&str; 2] = ["25006", "3D000"];
        return CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&&*code);
    }
    // PERM, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL,
    // NOTADB; the upper bits only say more of the same.
    code.parse::<i32>()
        .is_ok_and(|code| [3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 26].contains(&(code & 0xff)))
}
