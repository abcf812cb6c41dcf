-- Which parameter makes a database accept encrypted connections only, by engine (a regular expression), and at what values.
SELECT engines, parameter, on_values
FROM (VALUES
    ('postgres|aurora-postgresql', 'rds.force_ssl', ['1', 'on', 'true']),
    ('sqlserver-.*', 'rds.force_ssl', ['1', 'on', 'true']),
    ('mysql|mariadb|aurora|aurora-mysql', 'require_secure_transport', ['1', 'on', 'true']),
    ('docdb', 'tls', ['enabled', 'fips-140-3', 'tls1.2+', 'tls1.3+'])
) AS known(engines, parameter, on_values)
