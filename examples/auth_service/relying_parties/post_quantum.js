// Verifies the tokens in its input, one a line, by the published keys: `npm start -- JWKS_URL ISSUER AUDIENCE`,
// after `npm ci --ignore-scripts`, which installs Node 26 with ML-DSA in its WebCrypto.
import { createInterface } from "node:readline";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const [url, issuer, audience] = process.argv.slice(2);
// jose does not read the age that the service allows. By default, it would accept a revoked key for ten minutes.
const keys = createRemoteJWKSet(new URL(url), { cacheMaxAge: 20_000, timeoutDuration: 60_000 });
const options = { issuer, audience, algorithms: ["ML-DSA-65"], requiredClaims: ["sub", "exp"] };

for await (const token of createInterface({ input: process.stdin })) {
  try {
    const { payload } = await jwtVerify(token, keys, options);
    console.log(`accepted ${payload.sub}`);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    console.log(`refused ${error.code}`);
  }
}
