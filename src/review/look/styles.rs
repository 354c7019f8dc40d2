//! Which formats of a workbook show something else than a cell holds.

use std::collections::BTreeMap;

use super::format::Disguise;
use super::part::{Parts, Seen, attributes, walk};

/// Formats of cells by the number that cells name, and those under conditions.
#[derive(Default)]
pub(super) struct Styles {
    pub(super) cells: Vec<Option<(Disguise, String)>>,
    pub(super) conditions: Vec<Option<String>>,
}

impl Styles {
    pub(super) fn read(parts: &mut Parts<'_>, part: &str) -> Result<Self, String> {
        let mut codes: BTreeMap<u32, String> = BTreeMap::new();
        let (mut cells, mut bases) = (Vec::new(), Vec::new());
        let mut conditions: Vec<Option<String>> = Vec::new();
        let mut inside = "";
        walk(parts, part, &mut |event| {
            let (e, empty) = match event {
                Seen::Element(e, empty) => (e, empty),
                Seen::End(name) => {
                    if name == inside {
                        inside = "";
                    }
                    return Ok(());
                }
            };
            match (e.local_name().as_ref(), inside) {
                ("cellXfs", _) if !empty => inside = "cellXfs",
                ("cellStyleXfs", _) if !empty => inside = "cellStyleXfs",
                ("dxfs", _) if !empty => inside = "dxfs",
                ("dxf", "dxfs") => conditions.push(None),
                ("numFmt", "dxfs") => {
                    let [code] = attributes(e, ["formatCode"])?;
                    let code = code.filter(|c| Disguise::of(c).any());
                    if let (Some(last), Some(code)) = (conditions.last_mut(), code) {
                        *last = Some(code);
                    }
                }
                ("numFmt", _) => {
                    let [id, code] = attributes(e, ["numFmtId", "formatCode"])?;
                    if let (Some(Ok(id)), Some(code)) = (id.map(|i| i.parse()), code) {
                        codes.insert(id, code);
                    }
                }
                ("xf", "cellXfs" | "cellStyleXfs") => {
                    let names = ["numFmtId", "xfId", "applyNumberFormat"];
                    let [id, base, applied] = attributes(e, names)?;
                    let number = |text: Option<String>| text.and_then(|t| t.parse::<u32>().ok());
                    let left_out = matches!(applied.as_deref(), Some("0" | "false"));
                    let xf = (number(id), number(base).filter(|_| left_out));
                    if inside == "cellXfs" {
                        cells.push(xf);
                    } else {
                        bases.push(xf);
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let disguise = |id: Option<u32>| {
            let code = id.and_then(|id| codes.get(&id))?;
            let disguise = Disguise::of(code);
            disguise.any().then(|| (disguise, code.clone()))
        };
        let cells = cells
            .into_iter()
            .map(|(own, base)| {
                // Programs differ in which of the two they show then.
                let base = base.and_then(|b| bases.get(usize::try_from(b).ok()?));
                disguise(own).or_else(|| disguise(base?.0))
            })
            .collect();
        Ok(Self { cells, conditions })
    }
}
