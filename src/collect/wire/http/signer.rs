//! Where the tokens of calls come from, as a transport sees it.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::error::CallError;

/// Gives tokens, and knows what they are good for.
pub(crate) trait Signer: Debug + Send + Sync {
    /// A token that is good; a new one when the one that is held was refused. Who
    /// was refused with an older one gets what others have renewed meanwhile.
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> BoxFuture<'a, Result<SecretString, CallError>>;

    /// Whether a permission was granted; none when the token does not say, or there
    /// was none yet.
    fn grants<'a>(&'a self, permission: &'a str) -> BoxFuture<'a, Option<bool>>;

    /// Who the token speaks for, once there is one.
    fn identity(&self) -> BoxFuture<'_, Option<String>>;
}
