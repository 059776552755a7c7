-- Where an utterance was cut off, in milliseconds of its audio; null when it was played to its end.
alter table bridge.transcriptions add column cut_ms integer;
