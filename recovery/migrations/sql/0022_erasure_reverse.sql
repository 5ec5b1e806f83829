DROP FUNCTION desk_erase_person(bigint, bigint, text, text);
