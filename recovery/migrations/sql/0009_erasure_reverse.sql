DROP FUNCTION desk_erase_words(bigint, bigint, text, text);
DROP TRIGGER desk_append_only ON recovery_transition;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_transition
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
DROP TRIGGER desk_append_only ON recovery_casenote;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_casenote
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
DROP FUNCTION desk_refuse_change_but_erasure();
