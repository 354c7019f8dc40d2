SELECT MAX(as_of) AS m FROM snapshot
