/* contract_rules.h - the rules of contract_rules.def, a function each: says nothing if the rule is kept. */
#pragma once

#include "provision/contract_kit.h"

#define X(name, symbol, buys, text) fg_rule_fn fg_rule_##symbol;
#include "provision/contract_rules.def"
#undef X
