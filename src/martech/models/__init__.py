"""What a marketer would recognise: the neutral vocabulary, as frozen values.

Each name is loaded with its module when it is first used: building all models at once would cost every program the
time of those it does not need.
"""

from martech._lazy import lazily

# Not imported from `typing`; type checkers know the name.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from martech.models.account import (
        Account,
        IdentifierDefinition,
        LimitReport,
        Sender,
        Verification,
    )
    from martech.models.attributes import (
        AttributeDefinition,
        AttributeType,
    )
    from martech.models.automations import (
        Automation,
        AutomationStatus,
        Enrolment,
        EnrolmentStatus,
    )
    from martech.models.base import (
        PERSONAL,
        Answer,
        Model,
        VendorWord,
    )
    from martech.models.campaigns import (
        Audience,
        AudienceKind,
        Campaign,
        CampaignStatus,
        Everyone,
        Lists,
        People,
        Segments,
        Send,
        SendStatus,
    )
    from martech.models.consent import (
        Basis,
        Channel,
        Consent,
        ConsentChange,
        IfNew,
        Release,
        Subscription,
        SubscriptionStatus,
        Suppression,
        SuppressionReason,
        Topic,
        Yes,
    )
    from martech.models.contacts import (
        FIELD_OF,
        AttributeValue,
        Contact,
        ContactQuery,
        Include,
        Merge,
    )
    from martech.models.datasets import (
        Column,
        Dataset,
        DatasetScope,
        Record,
    )
    from martech.models.events import (
        CustomEvent,
        EventBatch,
        EventStream,
        VendorEvent,
    )
    from martech.models.identifiers import (
        EmailAddress,
        Identifier,
        IdentifierKind,
        MobileNumber,
        custom,
        email,
        mobile,
        own,
        vendor_id,
    )
    from martech.models.jobs import (
        Job,
        JobPart,
        JobStatus,
    )
    from martech.models.lists import (
        ContactList,
        Segment,
        Visibility,
    )
    from martech.models.messages import (
        Attachment,
        EmailMessage,
        Mailbox,
        MessageQuery,
        MessageReport,
        MessageState,
        Purpose,
        Receipt,
        SmsMessage,
        TemplateMessage,
        list_unsubscribe,
    )
    from martech.models.pages import (
        Page,
    )
    from martech.models.reports import (
        BounceKind,
        Engagement,
        EngagementKind,
        EngagementQuery,
        Report,
        ReportScope,
    )
    from martech.models.results import (
        BulkResult,
        EnrolmentResult,
        ItemOutcome,
        ItemResult,
        RejectedInput,
    )
    from martech.models.templates import (
        Template,
        TemplateContent,
    )

_MODULES = {
    "martech.models.account": (
        "Account",
        "IdentifierDefinition",
        "LimitReport",
        "Sender",
        "Verification",
    ),
    "martech.models.attributes": (
        "AttributeDefinition",
        "AttributeType",
    ),
    "martech.models.automations": (
        "Automation",
        "AutomationStatus",
        "Enrolment",
        "EnrolmentStatus",
    ),
    "martech.models.base": (
        "Answer",
        "Model",
        "PERSONAL",
        "VendorWord",
    ),
    "martech.models.campaigns": (
        "Audience",
        "AudienceKind",
        "Campaign",
        "CampaignStatus",
        "Everyone",
        "Lists",
        "People",
        "Segments",
        "Send",
        "SendStatus",
    ),
    "martech.models.consent": (
        "Basis",
        "Channel",
        "Consent",
        "ConsentChange",
        "IfNew",
        "Release",
        "Subscription",
        "SubscriptionStatus",
        "Suppression",
        "SuppressionReason",
        "Topic",
        "Yes",
    ),
    "martech.models.contacts": (
        "FIELD_OF",
        "AttributeValue",
        "Contact",
        "ContactQuery",
        "Include",
        "Merge",
    ),
    "martech.models.datasets": (
        "Column",
        "Dataset",
        "DatasetScope",
        "Record",
    ),
    "martech.models.events": (
        "CustomEvent",
        "EventBatch",
        "EventStream",
        "VendorEvent",
    ),
    "martech.models.identifiers": (
        "EmailAddress",
        "Identifier",
        "IdentifierKind",
        "MobileNumber",
        "custom",
        "email",
        "mobile",
        "own",
        "vendor_id",
    ),
    "martech.models.jobs": (
        "Job",
        "JobPart",
        "JobStatus",
    ),
    "martech.models.lists": (
        "ContactList",
        "Segment",
        "Visibility",
    ),
    "martech.models.messages": (
        "Attachment",
        "EmailMessage",
        "Mailbox",
        "MessageQuery",
        "MessageReport",
        "MessageState",
        "Purpose",
        "Receipt",
        "SmsMessage",
        "TemplateMessage",
        "list_unsubscribe",
    ),
    "martech.models.pages": ("Page",),
    "martech.models.reports": (
        "BounceKind",
        "Engagement",
        "EngagementKind",
        "EngagementQuery",
        "Report",
        "ReportScope",
    ),
    "martech.models.results": (
        "BulkResult",
        "EnrolmentResult",
        "ItemOutcome",
        "ItemResult",
        "RejectedInput",
    ),
    "martech.models.templates": (
        "Template",
        "TemplateContent",
    ),
}
"""Where each name lives."""

__all__ = [
    "FIELD_OF",
    "PERSONAL",
    "Account",
    "Answer",
    "Attachment",
    "AttributeDefinition",
    "AttributeType",
    "AttributeValue",
    "Audience",
    "AudienceKind",
    "Automation",
    "AutomationStatus",
    "Basis",
    "BounceKind",
    "BulkResult",
    "Campaign",
    "CampaignStatus",
    "Channel",
    "Column",
    "Consent",
    "ConsentChange",
    "Contact",
    "ContactList",
    "ContactQuery",
    "CustomEvent",
    "Dataset",
    "DatasetScope",
    "EmailAddress",
    "EmailMessage",
    "Engagement",
    "EngagementKind",
    "EngagementQuery",
    "Enrolment",
    "EnrolmentResult",
    "EnrolmentStatus",
    "EventBatch",
    "EventStream",
    "Everyone",
    "Identifier",
    "IdentifierDefinition",
    "IdentifierKind",
    "IfNew",
    "Include",
    "ItemOutcome",
    "ItemResult",
    "Job",
    "JobPart",
    "JobStatus",
    "LimitReport",
    "Lists",
    "Mailbox",
    "Merge",
    "MessageQuery",
    "MessageReport",
    "MessageState",
    "MobileNumber",
    "Model",
    "Page",
    "People",
    "Purpose",
    "Receipt",
    "Record",
    "RejectedInput",
    "Release",
    "Report",
    "ReportScope",
    "Segment",
    "Segments",
    "Send",
    "SendStatus",
    "Sender",
    "SmsMessage",
    "Subscription",
    "SubscriptionStatus",
    "Suppression",
    "SuppressionReason",
    "Template",
    "TemplateContent",
    "TemplateMessage",
    "Topic",
    "VendorEvent",
    "VendorWord",
    "Verification",
    "Visibility",
    "Yes",
    "custom",
    "email",
    "list_unsubscribe",
    "mobile",
    "own",
    "vendor_id",
]

if not TYPE_CHECKING:  # hidden from type checkers, or a misspelt name would pass
    __getattr__, __dir__ = lazily(__name__, globals(), _MODULES)
