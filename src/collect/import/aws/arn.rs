//! ARNs, ids of accounts and names of Regions: what a file is about stands in
//! them, whatever the file is called.

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition) = (parts.next()?, parts.next()?);
        let (service, region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (arn == "arn"
            && partition.starts_with("aws")
            && !service.is_empty()
            && !resource.is_empty())
        .then_some(Self {
            service,
            region,
            account,
            resource,
        })
    }
}

/// Whether a text is the id of an account: twelve digits, zeros in front kept.
pub(super) fn is_account(text: &str) -> bool {
    const DIGITS: usize = 12;
    text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text has the form of a Region: `eu-west-2`, `us-gov-east-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] => {
            // The sovereign clouds have longer areas: `eusc-de-east-1`.
            matches!(area.len(), 2..=4)
                && word(area)
                && !middle.is_empty()
                && middle.iter().all(word)
                && matches!(number.len(), 1 | 2)
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// The instance of Identity Center that the ARN of a permission set or of an
/// application belongs to.
pub(super) fn instance_of(arn: &str) -> Option<&str> {
    let arn = Arn::parse(arn)?;
    let mut parts = arn.resource.split('/');
    (arn.service == "sso" && matches!(parts.next()?, "permissionSet" | "application" | "instance"))
        .then(|| parts.next())
        .flatten()
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Arn, instance_of, is_account, is_region};

    #[test]
    fn parts_of_an_arn() {
        let arn = Arn::parse("arn:aws:secretsmanager:eu-west-2:000000000042:secret:a/b:c-AbCdEf");
        let arn = arn.expect("an ARN");
        assert_eq!(
            (arn.service, arn.region, arn.account, arn.resource),
            (
                "secretsmanager",
                "eu-west-2",
                "000000000042",
                "secret:a/b:c-AbCdEf"
            )
        );
        for odd in [
            "",
            "a/b",
            "arn:aws:iam::1",
            "urn:aws:iam::1:user/a",
            "arn:x:iam::1:user/a",
            "arn:aws:iam::1:",
        ] {
            assert_eq!(Arn::parse(odd), None, "{odd}");
        }
        assert_eq!(
            instance_of("arn:aws:sso:::permissionSet/ssoins-1/ps-2"),
            Some("ssoins-1")
        );
        assert_eq!(
            instance_of("arn:aws:sso::000000000042:application/ssoins-1/apl-2"),
            Some("ssoins-1")
        );
        assert_eq!(instance_of("arn:set"), None);
        assert_eq!(instance_of("arn:aws:iam::1:role/a"), None);
    }

    #[test]
    fn accounts_and_regions() {
        assert!(is_account("000000000042"));
        for odd in ["42", "0000000000422", "00000000004a", "", "000000000042 "] {
            assert!(!is_account(odd), "{odd}");
        }
        for good in [
            "eu-west-2",
            "us-gov-east-1",
            "ap-southeast-10",
            "us-iso-east-1",
            "eusc-de-east-1",
        ] {
            assert!(is_region(good), "{good}");
        }
        for odd in [
            "",
            "eu-west",
            "EU-WEST-2",
            "._eu-west-2",
            "eu--2",
            "eu-west-2b",
            "Copy of eu-west-2",
        ] {
            assert!(!is_region(odd), "{odd}");
        }
    }
}
