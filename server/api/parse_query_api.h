// /parse_query: the tree of an expression (surface.md 1.8; prometheus web/api/v1/translate_ast.go).
#pragma once

#include <string>

#include "promql/parser/ast.h"
#include "promql/parser/parse.h"
#include "server/http/router.h"

namespace vigia::server {

void RegisterParseQueryApi(Router& router, promql::ParserOptions options);

// One JSON object, members in order of their names.
void AppendTree(std::string& out, const promql::Expr& expr);

}  // namespace vigia::server
