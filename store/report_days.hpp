// Writes the cells of reports (bridge.report_cells) for days that are over, so that a report over
// months adds up cells instead of calls. A change to such a day strikes it off (triggers of
// schema/0008_search.sql), and it is written again. Until then, and for younger days,
// store/analytics_queries counts the calls themselves: nothing is ever wrong for want of a cell.
#pragma once

#include "store/job_worker.hpp"
#include "store/postgres.hpp"

namespace tandem::store {

/// Writes up to `days_max` days that ended two hours ago or earlier and are not written, newest
/// first, each in a transaction of its own. How many there were; less than days_max: all are
/// written. Safe on any number of nodes at once.
int write_report_days(Connection& connection, int days_max);

/// Jobs of kind 'report_days': a look every minute. Puts its one job into the table itself.
JobHandler report_days_job();

}  // namespace tandem::store
