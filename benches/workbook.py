"""Access rows into a workbook: XlsxWriter in constant memory, and the program beside
it. Run by workbook.sh, which says what with."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

# The engine holds some row groups decoded: of few rows, as a report sets them aside.
GROUP = 16_384

ROWS = """
    SELECT 'user' || (n // 40) || '@organisation.example' AS person,
        'Person Number ' || (n // 40) AS person_name,
        lpad((n * 7919 % 300 + 1000)::VARCHAR, 12, '0') AS account_id,
        'application-' || (n * 7919 % 300) || '-production' AS account,
        ['administrator', 'developer', 'view-only', 'platform-engineer'][1 + n % 4] AS permission_set,
        'azure-aws-sso-application-' || (n * 7919 % 300) || ' > member' AS path,
        ['entra', 'github', 'direct'][1 + n % 3] AS source,
        TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_seconds(n * 13) AS since,
        CASE WHEN n % 3 > 0 THEN TIMESTAMPTZ '2026-10-01 00:00:00+00' + to_seconds(n) END AS last_used,
        n % 4 = 0 AS privileged,
        n % 17 AS findings,
        CASE n % 5 WHEN 0 THEN 'held by a path that no approval names: ' || n END AS reason
    FROM (SELECT range AS n FROM range({rows})) ORDER BY n"""


def xlsxwriter(source: str, out: str) -> None:
    """The same cells with the same formats, as its documentation advises for many rows."""
    import xlsxwriter as writer

    book = writer.Workbook(out, {"constant_memory": True, "strings_to_urls": False, "remove_timezone": True})
    text = book.add_format({"num_format": "@", "valign": "top"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"})
    number = book.add_format({"num_format": "0", "valign": "top"})
    head = book.add_format({"bold": True})
    sheet = book.add_worksheet("Access")
    with duckdb.connect() as db:
        db.execute("SET threads = 1; SET TimeZone = 'UTC'")
        # Moments as the serial numbers that a cell holds, the cheapest way to write them.
        rows = db.execute(
            "SELECT * REPLACE (epoch_us(since) / 86400e6 + 25569 AS since,"
            f" epoch_us(last_used) / 86400e6 + 25569 AS last_used) FROM '{source}'"
        )
        for at, column in enumerate(rows.description):
            sheet.write_string(0, at, column[0], head)
            sheet.set_column(at, at, 20, {7: moment, 8: moment, 10: number}.get(at, text))
        row = 0
        while batch := rows.fetchmany(10_000):
            for values in batch:
                row += 1
                for at, value in enumerate(values):
                    if value is None:
                        continue
                    if at in (7, 8):
                        sheet.write_number(row, at, value, moment)
                    elif at == 10:
                        sheet.write_number(row, at, value, number)
                    elif at == 9:
                        sheet.write_string(row, at, "yes" if value else "no", text)
                    else:
                        sheet.write_string(row, at, value, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, row, 11)
    book.close()


def peak() -> float:
    """The peak of this process's resident memory, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def timed(*command: str) -> tuple[float, float]:
    """Seconds from start to exit, and the peak of memory that the process says last, in MiB."""
    begun = time.monotonic()
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return time.monotonic() - begun, float(said.split()[-1]) / 1024


def main() -> None:
    """Both, in turns."""
    program, place, rows, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    source = place / "access.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY ({ROWS.format(rows=rows)}) TO '{source}' (FORMAT parquet, ROW_GROUP_SIZE {GROUP})")
    theirs, ours = [], []
    for _ in range(rounds):
        ours.append(timed(program, str(place / "ours"), "xlsx", f"Access={source}"))
        theirs.append(timed(sys.executable, __file__, "xlsxwriter", str(source), str(place / "theirs.xlsx")))
    for name, runs in (("countersign", ours), ("XlsxWriter", theirs)):
        each = ", ".join(f"{seconds:.2f} s" for seconds, _ in runs)
        print(f"{name:12} {each}; at most {max(peak for _, peak in runs):.0f} MiB")
    middle = [statistics.median(seconds for seconds, _ in runs) for runs in (theirs, ours)]
    print(f"{middle[0] / middle[1]:.2f} times as fast")
    for file in (place / "ours/book.xlsx", place / "theirs.xlsx"):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    if sys.argv[1] == "xlsxwriter":
        xlsxwriter(sys.argv[2], sys.argv[3])
        print(peak() * 1024)
    else:
        main()
