import { createDoctorContract } from "../../channel/doctor-contract.ts";
import { localImOlder } from "../../channel/older-names.ts";

export const { legacyConfigRules, normalizeCompatibilityConfig } = createDoctorContract(localImOlder);
