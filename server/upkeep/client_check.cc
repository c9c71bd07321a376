#include "server/upkeep/client_check.h"

#include <string>
#include <vector>

#include "server/clients/client_survey.h"

namespace contextsync {

namespace {

std::string Listed(const std::vector<std::string>& parts) {
  std::string line;
  for (const std::string& part : parts)
    line += (line.empty() ? "" : ", ") + part;
  return line;
}

std::string Named(const ClientFinding& finding) {
  std::string name(finding.client->title);
  if (finding.is_project) name += " in this project";
  return name;
}

/// A client that is well set up.
std::string Described(const ClientFinding& finding) {
  std::string text = Named(finding);
  if (finding.has_hooks) text += " with hooks";
  if (!finding.is_this_program) text += " (starts another program: " + finding.command + ")";
  return text;
}

std::string SetupCommand(const ClientFinding& finding) {
  std::string command = "`contextsync setup " + std::string(finding.client->name);
  if (finding.is_project) command += " --project";
  if (finding.has_hooks) command += " --with-hooks";
  return command + "`";
}

}  // namespace

DoctorCheck CheckClients(const SetupPlaces& places) {
  DoctorCheck check{"clients", CheckState::kOk, {}, {}};
  std::vector<std::string> well;
  std::vector<std::string> faults;
  std::vector<std::string> remedies;
  for (const ClientFinding& finding : SurveyClients(places)) {
    if (!finding.problem.empty()) {
      faults.push_back(finding.file.string() + " is not understood: " + finding.problem);
      remedies.push_back("mend that file");
    } else if (!finding.is_there) {
      faults.push_back(Named(finding) + " starts '" + finding.command + "', which is not there");
      remedies.push_back("run " + SetupCommand(finding));
    } else {
      well.push_back(Described(finding));
    }
  }
  if (faults.empty()) {
    check.message = well.empty() ? "none is set up; `contextsync setup` does it" : Listed(well);
    return check;
  }
  check.state = CheckState::kWarn;
  check.message = Listed(faults) + (well.empty() ? "" : "; well: " + Listed(well));
  check.remedy = "To mend it: " + Listed(remedies) + ".";
  return check;
}

}  // namespace contextsync
