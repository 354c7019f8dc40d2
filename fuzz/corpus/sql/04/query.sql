SELECT * FROM read_csv.param('/etc/passwd')
