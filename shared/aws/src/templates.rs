//! The texts of templates, kept for as long as the function lives: a version is never changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use dunlin_domain::ids::TenantId;
use dunlin_domain::template::{Edition, TemplateRef, Texts};
use dunlin_letters::built_in::{VERSION, built_in};

use crate::store::{Store, StoreError};

/// How many texts are kept before all are let go.
const KEPT: usize = 500;

/// Texts by tenant and version.
#[derive(Debug)]
pub struct Templates {
    store: Store,
    known: Mutex<HashMap<(TenantId, TemplateRef), Arc<Texts>>>,
}

impl Templates {
    /// Templates of this table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, known: Mutex::new(HashMap::new()) }
    }

    /// The texts of a version, or `None` where there is no such version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, tenant: &TenantId, template: &TemplateRef) -> Result<Option<Arc<Texts>>, StoreError> {
        let version = match template.edition {
            Edition::BuiltIn(version) => {
                let texts = built_in().get(&template.key).filter(|_| version == VERSION);
                return Ok(texts.cloned().map(Arc::new));
            }
            Edition::Own(version) => version,
        };
        let key = (tenant.clone(), template.clone());
        if let Some(texts) = self.known.lock().ok().and_then(|known| known.get(&key).cloned()) {
            return Ok(Some(texts));
        }
        let Some(texts) = self.store.template(tenant, &template.key, version).await?.map(Arc::new) else {
            return Ok(None);
        };
        if let Ok(mut known) = self.known.lock() {
            if known.len() >= KEPT {
                known.clear();
            }
            known.insert(key, Arc::clone(&texts));
        }
        Ok(Some(texts))
    }
}
