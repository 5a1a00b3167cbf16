--# update a query @oracle
UPDATE (SELECT t.b AS old, u.e AS new FROM t JOIN u ON t.a = u.a) x SET x.old = x.new
--> into t
--> b: u.e
--> *: JOIN t.a u.a

--# update through cte with join @tsql
WITH c AS (SELECT t.a, t.b, u.e FROM t JOIN u ON t.a = u.a) UPDATE c SET b = e
--> into t
--> b: u.e
--> *: JOIN t.a u.a

--# delete through cte @tsql
WITH c AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t) DELETE FROM c WHERE rn > 1
--> into t
--> *: FILTER t.a t.b
