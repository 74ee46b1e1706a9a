//! Tenants' settings, kept for a while: what every event needs and hardly ever changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dunlin_domain::ids::TenantId;

use crate::store::{Store, StoreError, Tenancy};

/// Tenants by their id.
#[derive(Debug)]
pub struct Tenancies {
    store: Store,
    known: Mutex<HashMap<TenantId, (Instant, Arc<Tenancy>)>>,
}

impl Tenancies {
    /// Tenants of this table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, known: Mutex::new(HashMap::new()) }
    }

    /// Reads the tenant anew when it is next asked for: its settings have just been changed here.
    pub fn forget(&self, tenant: &TenantId) {
        if let Ok(mut known) = self.known.lock() {
            known.remove(tenant);
        }
    }

    /// The tenant, or `None` where there is no such tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, tenant: &TenantId) -> Result<Option<Arc<Tenancy>>, StoreError> {
        let known = self.known.lock().ok().and_then(|known| known.get(tenant).cloned());
        if let Some((_, tenancy)) = known.filter(|(read, _)| read.elapsed() < self.store.settings_kept()) {
            return Ok(Some(tenancy));
        }
        let Some(tenancy) = self.store.tenancy(tenant).await?.map(Arc::new) else { return Ok(None) };
        if let Ok(mut known) = self.known.lock() {
            known.insert(tenant.clone(), (Instant::now(), Arc::clone(&tenancy)));
        }
        Ok(Some(tenancy))
    }
}
