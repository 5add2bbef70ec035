-- One session with the name of the server's life, in one round trip.
-- KEYS[1] the session. Gives {number, token, blob, run_id}, with nil for what is not there or may not be asked for.
local held = redis.call('HMGET', KEYS[1], 'n', 't', 'b')
local info = redis.pcall('INFO', 'server')
local life = type(info) == 'string' and string.match(info, 'run_id:(%x+)')
return {held[1], held[2], held[3], life}
