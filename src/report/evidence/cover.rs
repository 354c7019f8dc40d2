//! The cover: what the pack is, what it stands on, what is unknown, as a
//! page and as JSON.

use std::path::Path;

use askama::Template;
use serde_json::{Value, json};

use super::super::front::decided;
use super::super::{Book, ReportError};
use super::fields::Fact;
use super::material::{FORMAT, Material, pretty};
use super::package::Resource;
use super::population::Counted;
use super::stage::Stage;
use crate::dataset::coverage::State;

struct Line {
    title: String,
    path: String,
    rows: u64,
    doc: String,
    gaps: Vec<String>,
}

struct Population {
    table: String,
    state: &'static str,
    read: u64,
    excluded: u64,
    stored: u64,
    exported: String,
    file: String,
    reconciles: &'static str,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{{ title }}: {{ id }}</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --soft: #f3f5f7; --good: #14602b; --bad: #9b1c1c; --warn: #7a4d00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14181c; --line: #3a424a; --soft: #1d2329; --good: #6fd08c; --bad: #ff9a94; --warn: #f0c060; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; } p { max-width: 48rem; margin: .4rem 0; }
.id { font-family: ui-monospace, monospace; }
.answer { border-left: .4rem solid var(--good); background: var(--soft); padding: .6rem 1rem; margin: 1rem 0; max-width: none; } .answer.part { border-color: var(--warn); }
.answer strong { font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; padding: .3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .7rem .35rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; } thead th { border-bottom: 2px solid var(--line); overflow-wrap: normal; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; padding-right: 1.2rem; }
.facts th { width: 15rem; } .facts ul, td ul { margin: 0; padding: 0; list-style: none; } .facts li + li { margin-top: .15rem; }
a { color: inherit; } .yes, .complete { color: var(--good); } .no, .failed, .denied { color: var(--bad); font-weight: 600; } .unknown, .partial, .skipped, .gap { color: var(--warn); }
.sign td { height: 2.6rem; } .scroll { overflow-x: auto; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p class="id">{{ id }}</p>
<p>{{ doc }}</p>
{% if complete %}<p class="answer"><strong>Everything that was asked for was read and decided.</strong><br>As of {{ as_of }}.</p>
{% else %}<p class="answer part"><strong>Not everything was read or decided.</strong><br>As of {{ as_of }}. What is missing is named under Unknown results, Coverage and at each list; nothing is concluded from it.</p>
{% endif %}<p>Hashes show that nothing was changed since, a signature shows who vouches for it, a time stamp shows when it existed. None of them shows that it is complete: that is what this page is for. <a href="HOW-TO-VERIFY.md">HOW-TO-VERIFY.md</a> has the commands.</p>
<h2 id="unknown">Unknown results</h2>
<ul>{% for line in unknown %}<li>{{ line }}</li>{% endfor %}</ul>
<h2 id="fields">What this stands on</h2>
<div class="scroll" tabindex="0" role="region" aria-labelledby="fields"><table class="facts"><tbody>
{% for f in facts %}<tr><th scope="row">{{ f.title }}</th><td><ul>{% for line in f.lines %}<li>{{ line }}</li>{% endfor %}</ul></td></tr>
{% endfor %}</tbody></table></div>
<h2 id="lists">Lists</h2>
<p>Those called AC-2, AC-2(3), AC-6(7) and IA-5 are the lists that NIST SP 800-53A asks to examine for these controls.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="lists"><table>
<thead><tr><th scope="col">List</th><th scope="col" class="n">Rows</th><th scope="col">What it is, and what it lacks</th></tr></thead><tbody>
{% for l in lists %}<tr><th scope="row"><a href="{{ l.path }}">{{ l.title }}</a></th><td class="n">{{ l.rows }}</td><td>{{ l.doc }}<ul>{% for g in l.gaps %}<li class="gap">{{ g }}</li>{% endfor %}</ul></td></tr>
{% endfor %}</tbody></table></div>
<h2 id="population">Population</h2>
<p>Read = stored + excluded, and stored = exported. A table of which nothing was read has no file: that is not the same as an empty one.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="population"><table>
<thead><tr><th scope="col">Table</th><th scope="col">State</th><th scope="col" class="n">Read</th><th scope="col" class="n">Excluded</th><th scope="col" class="n">Stored</th><th scope="col" class="n">Exported</th><th scope="col">Reconciles</th></tr></thead><tbody>
{% for t in population %}<tr><th scope="row">{% if t.file != "" %}<a href="{{ t.file }}">{{ t.table }}</a>{% else %}{{ t.table }}{% endif %}</th><td class="{{ t.state }}">{{ t.state }}</td><td class="n">{{ t.read }}</td><td class="n">{{ t.excluded }}</td><td class="n">{{ t.stored }}</td><td class="n">{{ t.exported }}</td><td class="{{ t.reconciles }}">{{ t.reconciles }}</td></tr>
{% endfor %}</tbody></table></div>
<h2 id="sign-off">Sign-off</h2>
<table class="sign" aria-labelledby="sign-off"><thead><tr><th scope="col">Role</th><th scope="col">Name</th><th scope="col">Date</th><th scope="col">Signature</th></tr></thead><tbody>
<tr><th scope="row">Prepared by</th><td></td><td></td><td></td></tr><tr><th scope="row">Reviewed by</th><td></td><td></td><td></td></tr><tr><th scope="row">Acknowledged by management</th><td></td><td></td><td></td></tr>
</tbody></table>
</main>
</body>
</html>
"#
)]
struct Cover<'a> {
    title: &'a str,
    doc: &'a str,
    id: &'a str,
    as_of: &'a str,
    complete: bool,
    unknown: &'a [String],
    facts: &'a [Fact],
    lists: Vec<Line>,
    population: Vec<Population>,
}

/// Writes `cover.html` and `cover.json`.
pub(super) fn write(
    stage: &mut Stage,
    id: &str,
    material: &Material<'_>,
    book: &Book,
    facts: &[Fact],
    counts: &[Counted],
    resources: &[Resource],
) -> Result<(), ReportError> {
    let unknown = facts.iter().find(|f| f.key == "unknown");
    let read = |c: &Counted| matches!(c.state, State::Complete | State::Skipped);
    let whole = decided(material.assessment) && counts.iter().all(read);
    let page = Cover {
        title: &book.title,
        doc: &book.doc,
        id,
        as_of: &material.manifest.as_of,
        complete: whole,
        unknown: unknown.map_or(&[], |f| f.lines.as_slice()),
        facts,
        lists: resources.iter().filter_map(line).collect(),
        population: counts.iter().map(population).collect(),
    };
    let html = page
        .render()
        .map_err(|e| ReportError::write(Path::new("cover.html"), &e))?;
    stage.bytes("cover.html", html.as_bytes())?;
    let json = json!({
        "schema": FORMAT,
        "id": id,
        "title": book.title,
        "as_of": material.manifest.as_of,
        "complete": whole,
        "fields": facts.iter().map(|f| json!({ "field": f.key, "title": f.title, "value": f.lines })).collect::<Vec<_>>(),
        "files": resources.iter().map(file).collect::<Vec<_>>(),
    });
    stage.bytes("cover.json", &pretty(&json)?)?;
    Ok(())
}

fn line(resource: &Resource) -> Option<Line> {
    resource.path.starts_with("lists/").then(|| Line {
        title: resource.title.clone(),
        path: resource.path.clone(),
        rows: resource.rows,
        doc: resource.doc.clone(),
        gaps: resource.gaps.clone(),
    })
}

fn file(resource: &Resource) -> Value {
    json!({
        "path": resource.path,
        "title": resource.title,
        "rows": resource.rows,
        "complete": resource.gaps.is_empty(),
        "not_complete": resource.gaps,
    })
}

fn population(counted: &Counted) -> Population {
    Population {
        table: counted.table.clone(),
        state: counted.state.name(),
        read: counted.read,
        excluded: counted.excluded,
        stored: counted.stored,
        exported: counted
            .exported
            .map_or_else(|| "no file".to_owned(), |n| n.to_string()),
        file: counted.file.clone().unwrap_or_default(),
        reconciles: match counted.reconciles() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        },
    }
}
