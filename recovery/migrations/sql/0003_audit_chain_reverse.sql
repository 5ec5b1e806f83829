DROP TRIGGER desk_audit_queue ON recovery_auditentry;
DROP TABLE recovery_auditqueue;
DROP FUNCTION desk_audit_write(bigint, text, text, text, text, jsonb, text);
DROP FUNCTION desk_audit_seal();
DROP FUNCTION desk_audit_queue();
DROP FUNCTION desk_audit_link(bigint);
DROP FUNCTION desk_audit_hash(bigint, text, bigint);
