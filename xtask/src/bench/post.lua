-- wrk script: POST alerts as Prometheus sends them. Each is new until POOL of them were sent; then they
-- are told again, with a later end. Arguments after "--": BATCH POOL SEED PATH [TOKEN]
local NAMES = {"HighErrorRate", "HighLatencyP99", "PodCrashLooping", "DiskWillFillIn4Hours", "TargetDown",
  "QueueBacklog", "CertExpiresSoon", "CpuThrottlingHigh", "MemoryPressure", "ReplicaLagHigh", "JobFailed",
  "DeadLetters", "SloBurnFast", "SloBurnSlow", "KafkaUnderReplicated", "NodeNotReady", "IngressErrors",
  "DbConnectionsSaturated", "BackupMissing", "ClockSkew"}
-- Not info: a rule of harbor drops those.
local SEVERITIES = {"critical", "warning", "error"}
-- The last fifty of the 300 services are left to what measures delays meanwhile.
local SERVICES, KINDS = 250, 15000

local heads, tails, times, times_of, sent, batch, pool, seed = {}, {}, "", 0, 0

function init(args)
  batch, pool, seed = tonumber(args[1]), tonumber(args[2]), args[3]
  wrk.method, wrk.path = "POST", args[4]
  wrk.headers["Content-Type"] = "application/json"
  if args[5] then wrk.headers["Authorization"] = "Bearer " .. args[5] end
  for kind = 0, KINDS - 1 do
    local name, service = NAMES[kind % 20 + 1], string.format("bench-svc-%03d", math.floor(kind / 20) % SERVICES)
    heads[kind] = '{"labels":{"alertname":"' .. name .. '","service":"' .. service .. '","severity":"'
      .. SEVERITIES[kind % 3 + 1] .. '","instance":"' .. seed .. "-"
    tails[kind] = ':9100"},"annotations":{"summary":"' .. name .. " on " .. service
      .. '","description":"The value has been above the threshold for more than 5 minutes; current value is 0.'
      .. kind % 1000 .. ' and the budget for this window is nearly spent.","runbook_url":"https://runbooks.example.com/'
      .. service .. "/" .. name .. '"},"generatorURL":"http://prom.example.com/graph?g0.expr=up","startsAt":"'
  end
end

function request()
  local now = os.time()
  if now ~= times_of then
    -- Alertmanager skips its `group_wait` for alerts that began before it.
    local at = function(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", now + seconds) end
    times_of, times = now, at(0) .. '","endsAt":"' .. at(3600) .. '"}'
  end
  local parts, last = {"["}, batch * 5
  for at = 2, last, 5 do
    local number = sent % pool
    local kind = number % KINDS
    parts[at], parts[at + 1], parts[at + 2], parts[at + 3] = heads[kind], number, tails[kind], times
    parts[at + 4] = at + 4 > last and "]" or ","
    sent = sent + 1
  end
  return wrk.format(nil, nil, nil, table.concat(parts))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT requests=%d duration_us=%d p50_us=%d p99_us=%d max_us=%d refused=%d broken=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
