//! Who runs a command of the review.

use crate::app::World;

/// The name of whoever runs this, as the operating system gives it.
pub(super) fn operator(world: &World<'_>) -> String {
    let find = |name: &str| world.env.iter().find(|(n, v)| n == name && !v.is_empty());
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| find(name))
        .map_or_else(|| "not known".to_owned(), |(_, name)| name.clone())
}
