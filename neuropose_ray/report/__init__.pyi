from .collect.content import report_content as report_content
from .contact_sheet import write_contact_sheet as write_contact_sheet
from .settings import ReportSettings as ReportSettings
from .settings import load_report_settings as load_report_settings
from .writing import ReportChoices as ReportChoices
from .writing import WrittenReport as WrittenReport
from .writing import report_file as report_file
from .writing import write_trial_report as write_trial_report
