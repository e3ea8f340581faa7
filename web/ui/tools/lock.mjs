// Takes the last addresses out of package-lock.json: those of people who ask for donations.
// (`omit-lockfile-registry-resolved` keeps the registry's out.) The hashes stay.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
for (const entry of Object.values(lock.packages)) delete entry.funding
const text = JSON.stringify(lock, null, 2) + '\n'
if (text.includes('://')) throw new Error('package-lock.json still holds an address')
writeFileSync(file, text)
