//! Events and items that cannot be read: they come back with the reason until they are set aside, and all others go on.
