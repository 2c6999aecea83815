import { createDoctorContract } from "../../channel/doctor-contract.ts";
import { websocketOlder } from "../../channel/older-names.ts";

export const { legacyConfigRules, normalizeCompatibilityConfig } = createDoctorContract(websocketOlder);
