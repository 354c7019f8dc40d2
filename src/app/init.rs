//! `init`: a commented configuration and empty registers.

use super::{AppError, World, code};
use crate::cli::{Init, Preset};
use crate::config::{self, FILE_NAME};

/// Registers that `init` makes: file, first line.
const REGISTERS: [(&str, &str); 6] = [
    (
        "approvals.csv",
        "group,group_id,requester,approver,ticket,approved_at,expires_at,accounts,permission_sets\n",
    ),
    (
        "secrets.csv",
        "store,account_id,name,owner,consumer,rotation_days,document\n",
    ),
    (
        "identities.csv",
        "github_login,user_principal_name,confirmed_by,expires_at\n",
    ),
    ("declared.csv", "account,permission_set,group,source\n"),
    ("sync_runs.csv", "sync,finished_at,result\n"),
    (
        "waivers.toml",
        "# [[waiver]]\n# id = \"W-1\"\n# rule = \"secret/overdue\"\n# resource = \"secretsmanager/111122223333/*/example\"\n# reason = \"why this is accepted\"\n# owner = \"who answers for it\"\n# approver = \"who agreed\"\n# ticket = \"reference\"\n# expires = 2027-03-31\n",
    ),
];

pub(crate) fn init(options: &Init, world: &mut World<'_>) -> Result<u8, AppError> {
    let preset = match options.preset {
        None => config::Preset::Neutral,
        Some(Preset::ModernisationPlatform) => config::Preset::ModernisationPlatform,
    };
    let registers = options.dir.join("registers");
    let mut files = vec![(options.dir.join(FILE_NAME), config::template(preset))];
    files.extend(REGISTERS.map(|(name, text)| (registers.join(name), text.to_owned())));
    if let Some((taken, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(AppError::Usage(format!(
            "nothing was written: {} is there already; choose another folder, or move it away",
            taken.display()
        )));
    }
    std::fs::create_dir_all(&registers)?;
    for (path, text) in &files {
        std::fs::write(path, text)?;
        writeln!(world.out, "{}", path.display())?;
    }
    writeln!(
        world.err,
        "Next: set what differs in {FILE_NAME}, fill the registers, export into a folder, then run `countersign snapshot --from FOLDER`."
    )?;
    Ok(code::OK)
}
