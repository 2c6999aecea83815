import { createDoctorContract } from "../../channel/doctor-contract.ts";
import { clawchatOlder } from "../../channel/older-names.ts";

export const { legacyConfigRules, normalizeCompatibilityConfig } = createDoctorContract(clawchatOlder);
