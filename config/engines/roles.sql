-- What the application role may do. Run as owner after every migration; running it
-- again changes nothing. Read from the session:
--   desk.app_role      name of the application role
--   desk.app_verifier  SCRAM verifier of its password, empty on the private socket
--   desk.append_only   tables it may only read and insert into, parted by commas
DO $roles$
DECLARE
    app_role text := current_setting('desk.app_role');
    app_verifier text := current_setting('desk.app_verifier');
    append_only text[] := string_to_array(current_setting('desk.append_only'), ',');
    append_only_table text;
    limit_setting text;
BEGIN
    IF app_role = current_user THEN
        RAISE EXCEPTION 'The application role must not be the owner.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app_role) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', app_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- Another database of this server was prepared at the same time.
        END;
        IF app_verifier <> '' THEN
            EXECUTE format('ALTER ROLE %I PASSWORD %L', app_role, app_verifier);
        END IF;
    END IF;
    IF EXISTS (
        SELECT FROM pg_roles
        WHERE rolname = app_role
            AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls)
    ) THEN
        RAISE EXCEPTION 'The application role % may do too much.', app_role;
    END IF;

    -- A role belongs to the whole server: written only when it differs, so that
    -- databases prepared at the same time do not stumble over each other.
    FOREACH limit_setting IN ARRAY ARRAY[
        'statement_timeout=5min',
        'lock_timeout=30s',
        'idle_in_transaction_session_timeout=10min'
    ] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_roles
            WHERE rolname = app_role AND rolconfig @> ARRAY[limit_setting]
        ) THEN
            EXECUTE format(
                'ALTER ROLE %I SET %I = %L',
                app_role,
                split_part(limit_setting, '=', 1),
                split_part(limit_setting, '=', 2)
            );
        END IF;
    END LOOP;

    -- Temporary tables serve the staging of imports.
    EXECUTE format(
        'GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), app_role
    );
    EXECUTE 'REVOKE CREATE ON SCHEMA public FROM PUBLIC';
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app_role);
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I',
        app_role
    );
    EXECUTE format(
        'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', app_role
    );
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA public'
        ' GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
        app_role
    );
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA public'
        ' GRANT USAGE, SELECT ON SEQUENCES TO %I',
        app_role
    );

    -- Taken back last: the grants above speak of all tables.
    EXECUTE format(
        'REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM %I', app_role
    );
    FOREACH append_only_table IN ARRAY append_only LOOP
        IF to_regclass(format('public.%I', append_only_table)) IS NULL THEN
            RAISE EXCEPTION 'There is no table % to keep append-only.',
                append_only_table;
        END IF;
        EXECUTE format(
            'REVOKE UPDATE, DELETE, TRUNCATE ON public.%I FROM %I',
            append_only_table,
            app_role
        );
    END LOOP;

    -- The audit is written through one function, chained by triggers.
    EXECUTE format(
        'REVOKE INSERT ON public.recovery_auditentry, public.recovery_auditseal'
        ' FROM %I',
        app_role
    );
    EXECUTE format('REVOKE ALL ON public.recovery_auditqueue FROM %I', app_role);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION public.desk_audit_write('
        'bigint, text, text, text, text, jsonb, text) TO %I',
        app_role
    );
    -- Words of a history are erased through one function too.
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION public.desk_erase_words('
        'bigint, bigint, text, text) TO %I',
        app_role
    );
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION public.desk_erase_person('
        'bigint, bigint, text, text) TO %I',
        app_role
    );
END
$roles$;
