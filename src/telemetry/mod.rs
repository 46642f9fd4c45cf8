//! What Manti tells its operators: log lines and figures.
//!
//! Nothing here ever sees a credential, a prompt or an answer. Start with [`metrics`] for what is
//! counted, [`names`] for how it is called and [`logging`] for how lines are written.

pub mod logging;
pub mod metrics;
pub mod names;
mod process;
