//! How large a simulated organisation is.

/// How large an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Users of Entra.
    pub users: usize,
    /// Groups of Entra, prefixed ones included.
    pub groups: usize,
    /// Prefixed groups, whose members can reach AWS.
    pub prefixed: usize,
    /// People who are in prefixed groups.
    pub people: usize,
    /// Members of a prefixed group, on average, whom the sync copies.
    pub members: usize,
    /// Further members of a prefixed group from domains that the sync drops.
    pub outsiders: usize,
    /// GitHub teams.
    pub teams: usize,
    /// GitHub logins that are in teams.
    pub logins: usize,
    /// Members of a team, on average.
    pub team_members: usize,
    /// Applications, of four accounts each.
    pub applications: usize,
    /// Declared rows per account.
    pub grants: usize,
}

impl Size {
    /// 36 accounts: for tests.
    pub const TINY: Self = Self {
        users: 400,
        groups: 120,
        prefixed: 20,
        people: 80,
        members: 8,
        outsiders: 1,
        teams: 16,
        logins: 40,
        team_members: 5,
        applications: 9,
        grants: 3,
    };
    /// 300 accounts, 3,000 people, 20,000 memberships.
    pub const SMALL: Self = Self {
        users: 100_000,
        groups: 40_000,
        prefixed: 250,
        people: 2_000,
        members: 40,
        outsiders: 1,
        teams: 350,
        logins: 1_000,
        team_members: 22,
        applications: 75,
        grants: 3,
    };
    /// Ten times as many people and memberships as small.
    pub const MEDIUM: Self = Self {
        users: 300_000,
        groups: 100_000,
        prefixed: 1_600,
        people: 20_000,
        members: 70,
        outsiders: 10,
        teams: 1_500,
        logins: 10_000,
        team_members: 45,
        applications: 250,
        grants: 6,
    };
    /// Ten million memberships in Entra, 4.6 million in Identity Center, 400,000 assignments.
    pub const LARGE: Self = Self {
        users: 1_000_000,
        groups: 200_000,
        prefixed: 8_000,
        people: 200_000,
        members: 475,
        outsiders: 775,
        teams: 4_000,
        logins: 60_000,
        team_members: 150,
        applications: 1_000,
        grants: 96,
    };
}
