-- Compare-and-set of one session and its time to live, in one round trip.
-- KEYS[1] the session; ARGV: expected number, expected token, token of this attempt, blob, milliseconds to live.
-- Gives {'1', number} if the blob is there, or {'0', number, token, blob} of what is there instead.
local key = KEYS[1]
local held = redis.pcall('HMGET', key, 'n', 't')
if held.err then
  -- No hash, so not of this script either.
  redis.call('DEL', key)
  held = {false, false}
end
local number, token = held[1], held[2]
if number and not (token and #token == 16 and string.match(number, '^[1-9]%d*$') and #number <= 15) then
  -- Not written by this script: as if absent.
  redis.call('DEL', key)
  number = false
end
if number then
  if token == ARGV[3] then
    return {'1', number}
  end
  if number ~= ARGV[1] or token ~= ARGV[2] then
    return {'0', number, token, redis.call('HGET', key, 'b')}
  end
elseif ARGV[1] ~= '0' then
  return {'0'}
end
local following = string.format('%.0f', tonumber(number or '0') + 1)
redis.call('HSET', key, 'n', following, 't', ARGV[3], 'b', ARGV[4])
redis.call('PEXPIRE', key, ARGV[5])
return {'1', following}
