//! What messages say: templates are filled in, held against the law, and refused where they say too little or too much.
//! Nothing here knows how a message is sent.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`built_in`] | the templates of a tenant that has none of its own |
//! | [`mod@compose`] | from a template and a plan to a message that may leave |
//! | [`mod@check`] | whether a template may be saved: it is tried on every situation that it may be used in |
//! | [`sample`] | these situations |
//! | [`values`] | what a template may name |
//! | [`fault`] | what is wrong with a template or a message |

#![warn(clippy::arithmetic_side_effects, missing_docs)]

pub mod built_in;
pub mod check;
pub mod compose;
pub mod fault;
mod mask;
mod render;
pub mod sample;
mod syntax;
pub mod values;

pub use check::check;
pub use compose::{Composed, Writer, again, compose};
pub use fault::Fault;
