"""What Redis does in one step: scripts that check the lease before they write anything.

Each of the router's scripts begins with the same question, so that a router that was asleep and
has lost its lease cannot write one more fact or answer (`lease`), nor write behind facts that are
not its own (`at`). `ok`: done. All are PURE text.
"""

from __future__ import annotations

# KEYS[1] lease; ARGV[1] token
_HOLDS = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lease'} end
"""

# KEYS[2] facts; ARGV[2] thread, ARGV[3] number of the last fact that must be there
_FOLLOWS = (
    _HOLDS
    + """
local tail = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not tail or tail[2][2] ~= ARGV[2] or string.match(tail[1], '^%d+') ~= ARGV[3] then
  return {'at'}
end
"""
)

# KEYS[1] lease; ARGV: token, milliseconds it lasts, the journal's holder
TAKE = """
local holder = redis.call('GET', KEYS[1])
local ours = ARGV[3] .. ':'
if not holder or holder == ARGV[1] or string.sub(holder, 1, #ours) == ours then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {'ok', 0}
end
return {'held', redis.call('PTTL', KEYS[1])}
"""

RELEASE = _HOLDS + "redis.call('DEL', KEYS[1]) return {'ok'}"

# KEYS: lease, facts, snapshot; ARGV: token, thread, base, snapshot
BEGIN = (
    _HOLDS
    + """
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[3], ARGV[4])
redis.call('XADD', KEYS[2], ARGV[3] .. '-1', 't', ARGV[2])
return {'ok'}
"""
)

# KEYS: lease, facts; ARGV: token, thread, after, last, facts, entries kept
APPEND = (
    _FOLLOWS
    + """
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], ARGV[4] .. '-0', 't', ARGV[2], 'f', ARGV[5])
return {'ok'}
"""
)

# KEYS: lease, facts, ask; ARGV: token, thread, at, answer, ms kept, entries kept
ANSWER = (
    _FOLLOWS
    + """
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
local now = redis.call('TIME')
local own = now[1] * 1000000 + now[2]
local last = tonumber(string.match(tail[1], '%d+$'))
if own <= last then own = last + 1 end
local id = string.format('%s-%.0f', ARGV[3], own)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], id, 't', ARGV[2], 'a', ARGV[4])
return {'ok'}
"""
)

# KEYS: lease, facts, beats; ARGV: token, thread, published, beat, ms the lease lasts
BEAT = (
    _FOLLOWS
    + """
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('XADD', KEYS[3], 'MAXLEN', 10, '*', 'b', ARGV[4])
return {'ok'}
"""
)

# KEYS: lease, snapshot; ARGV: token, snapshot
KEEP = _HOLDS + "redis.call('SET', KEYS[2], ARGV[2]) return {'ok'}"

# KEYS: lease, ask; ARGV: token, ms kept
CLAIM = (
    _HOLDS
    + """
local known = redis.call('GET', KEYS[2])
local ours = 'claimed by ' .. ARGV[1]
if known and known ~= ours then
  if string.sub(known, 1, 8) == 'claimed ' then return {'claimed'} end
  return {'known', known}
end
redis.call('SET', KEYS[2], ours, 'PX', ARGV[2])
return {'ok'}
"""
)
