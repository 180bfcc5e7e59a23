//! A value that is replaced while others read it, such as the lines when the configuration is loaded anew.

use std::sync::{Arc, PoisonError, RwLock};

/// What holds now. Whoever has taken it keeps what they have.
#[derive(Debug)]
pub struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// This holds first.
    pub fn new(value: T) -> Self {
        Self(RwLock::new(Arc::new(value)))
    }

    /// What holds now. The lock is held for the copy of a pointer, never while anything is done with it.
    pub fn get(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on this holds.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}
