//! Where things are. Everything `cargo local` makes lies under `target/`, so `cargo clean` removes it all.

use std::path::{Path, PathBuf};

/// The repository: this crate is run from its own source tree only.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// State, logs and tools of local stacks.
#[must_use]
pub fn local() -> PathBuf {
    root().join("target/local")
}

pub(crate) fn template() -> PathBuf {
    root().join("infra/template.yaml")
}

/// Where the template's `CodeUri` looks, and where cargo-lambda puts its builds.
pub(crate) fn lambda() -> PathBuf {
    root().join("target/lambda")
}
