"""How does a registry come to hold what the repository says? Read, plan, apply, verify: four functions.

facts  = read.facts(client, versions, level_of)                                 asks the registry
plan   = plan.make_plan(versions, level_of, facts, environment="production")     pure
report = apply.apply(plan, again, client, tell)     `again` reads and plans anew; a plan that moved is refused
checks = verify.verify(plan, client, tell)
"""
